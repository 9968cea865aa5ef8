/** The body is no form of the kind its content type names. */
export class BrokenForm extends Error {
  override readonly name = 'BrokenForm'
}

/**
 * The text fields of a form body, `application/x-www-form-urlencoded` or `multipart/form-data` (RFC 7578); of a
 * field sent twice the first. Files are passed over.
 * @throws BrokenForm
 */
export function parseForm(contentType: string, body: unknown): Map<string, string> {
  const bytes = body instanceof Buffer ? body : Buffer.alloc(0)
  const boundary = /^\s*multipart\/form-data\s*;.*?\bboundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(
    contentType,
  )
  if (boundary !== null) return multipart(bytes, boundary[1] ?? boundary[2] ?? '')
  if (/^\s*multipart\//i.test(contentType)) throw new BrokenForm('no boundary')
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(bytes.toString())) keepFirst(fields, name, value)
  return fields
}

function keepFirst(fields: Map<string, string>, name: string, value: string): void {
  if (!fields.has(name)) fields.set(name, value)
}

/** Read as Latin-1, in which every byte is one character; names and values are UTF-8 again at the end. */
function multipart(bytes: Buffer, boundary: string): Map<string, string> {
  const parts = `\r\n${bytes.toString('latin1')}`.split(`\r\n--${boundary}`)
  const end = parts.pop()
  if (parts.length < 1 || end === undefined || !end.startsWith('--')) throw new BrokenForm('no end')
  const fields = new Map<string, string>()
  for (const part of parts.slice(1)) {
    const blank = part.indexOf('\r\n\r\n')
    if (blank === -1) throw new BrokenForm('a part without a blank line')
    const disposition = /^content-disposition:\s*form-data;(.*)$/im.exec(part.slice(0, blank))?.[1] ?? ''
    const name = /(?:^|[;\s])name="([^"]*)"/i.exec(disposition)?.[1]
    if (name === undefined || /(?:^|[;\s])filename="/i.test(disposition)) continue
    keepFirst(fields, utf8(name), utf8(part.slice(blank + 4)))
  }
  return fields
}

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString()
