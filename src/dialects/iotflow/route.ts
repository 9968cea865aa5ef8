import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { CoreError } from '../../core/errors.ts'
import { BrokenJson, isObject, parseJson } from '../../wire/json-body.ts'
import { pathId } from '../../wire/query.ts'
import { type Refusal, UnknownPath } from '../../wire/refusal.ts'
import { checker } from '../../wire/shape.ts'
import type { Access, Who } from './auth.ts'
import { type FaultWords, invalidJson, validationError, worded } from './refusals.ts'
import { ErrorBody } from './schema.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use an iotflow route: what the access matrix and the document are made from. */
    iotflow?: Who
  }
}

/** One row of the contract's matrix. */
export interface Route<P> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly access: Access<P>
  readonly about: RouteDocs
  /** Core errors that this route words its own way. */
  readonly words?: FaultWords
  /** Runs before anything else: rate limits. */
  readonly before?: (request: FastifyRequest, reply: FastifyReply) => void
  readonly answer: (principal: P, request: FastifyRequest, reply: FastifyReply) => object | Promise<object>
}

/** What the OpenAPI document says of a route. */
export interface RouteDocs {
  readonly tag: string
  readonly summary: string
  readonly body?: TSchema
  readonly query?: TSchema
  readonly answers: Readonly<Record<number, TSchema>>
}

const SECURITY: Readonly<Record<Who, Record<string, string[]>[]>> = {
  P: [],
  K: [{ apiKey: [] }],
  'K=': [{ apiKey: [] }],
  U: [{ userId: [] }, { bearer: [] }],
  'U=': [{ userId: [] }, { bearer: [] }, { operator: [] }],
  A: [{ operator: [] }],
}

const WORDS: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Made, and on disk',
  404: 'Nothing there',
  '4xx': 'Refused; `error` says why',
}

function responses(answers: RouteDocs['answers']) {
  const all: Record<string, TSchema> = { ...answers, '4xx': ErrorBody }
  return Object.fromEntries(
    Object.entries(all).map(([status, schema]) => [
      status,
      { description: WORDS[status] ?? '', content: { 'application/json': { schema } } },
    ]),
  )
}

/** What Fastify and the document are told of a route. */
export function docsOf(about: RouteDocs, who: Who) {
  const { tag, summary, body, query, answers } = about
  return {
    tags: [tag],
    summary,
    security: SECURITY[who],
    ...(body === undefined ? {} : { body }),
    ...(query === undefined ? {} : { querystring: query }),
    response: responses(answers),
  }
}

/** Mounts a route: limits, credentials, then the answer; whatever is thrown leaves in this wire's words. */
export function mount<P>(scope: FastifyInstance, route: Route<P>): void {
  const { access, answer, before, words } = route
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<object> => {
    before?.(request, reply)
    try {
      return await answer(await access.admit(request), request, reply)
    } catch (error) {
      throw error instanceof CoreError ? worded(error, words) : error
    }
  }
  scope.route({
    method: route.method,
    url: route.path,
    schema: docsOf(route.about, access.who),
    config: { iotflow: access.who },
    handler,
  })
}

/** Reads bodies of one shape. `whenEmpty`: no body, no object, or an object without members. */
export function bodyReader<T extends TSchema>(schema: T, whenEmpty: () => Refusal, rules: BodyRules = {}) {
  const check = checker(schema)
  return (request: FastifyRequest): Static<T> => {
    const body = objectBody(request, whenEmpty)
    if (rules.trim === true) trimTexts(body)
    rules.required?.(body)
    const checked = check(body)
    if ('value' in checked) return checked.value
    throw rules.fault?.(checked.field) ?? validationError(`${checked.field} ${checked.reason}`)
  }
}

export interface BodyRules {
  /** Blanks around texts are taken off. */
  readonly trim?: boolean
  /** Throws the route's own words for members that are not there. */
  readonly required?: (body: Readonly<Record<string, unknown>>) => void
  /** The route's own words for a member of the wrong shape. */
  readonly fault?: (field: string) => Refusal | null
}

/** The body as a JSON object with members. @throws Refusal */
export function objectBody(request: FastifyRequest, whenEmpty: () => Refusal): Record<string, unknown> {
  let body: unknown
  try {
    body = parseJson(request.body)
  } catch (error) {
    throw error instanceof BrokenJson ? invalidJson() : error
  }
  if (!isObject(body) || Object.keys(body).length === 0) throw whenEmpty()
  return body
}

function trimTexts(body: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(body)) {
    if (typeof value === 'string' && name !== '__proto__') body[name] = value.trim()
  }
}

/** True for a member that counts as not given: absent, null, or a text of blanks. */
export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

/** The changes that were given: members that are absent or null are left out. */
export function given<T extends object>(changes: T): { [K in keyof T]?: Exclude<T[K], null | undefined> } {
  return Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined && value !== null),
  ) as { [K in keyof T]?: Exclude<T[K], null | undefined> }
}

/** An integer id in a path; a path without one is an unknown path. */
export function idIn(request: FastifyRequest, name: string): number {
  const id = pathId((request.params as Record<string, string>)[name])
  if (id === null) throw new UnknownPath()
  return id
}
