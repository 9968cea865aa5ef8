import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import type { HttpDialect } from '../../wire/dialect.ts'
import { SEVERAL } from '../../wire/shared/several.ts'
import { REDOC_PAGE, SWAGGER_PAGE, SWAGGER_START } from './docs-pages.ts'

const DOCUMENT_PATHS = ['/openapi.json', '/api/v1/openapi.json', '/apispec.json']

const ASSETS: Readonly<Record<string, { file: string; type: string }>> = {
  '/docs/swagger-ui.css': { file: 'swagger-ui-dist/swagger-ui.css', type: 'text/css; charset=utf-8' },
  '/docs/swagger-ui-bundle.js': {
    file: 'swagger-ui-dist/swagger-ui-bundle.js',
    type: 'text/javascript; charset=utf-8',
  },
  '/redoc/redoc.standalone.js': {
    file: 'redoc/bundles/redoc.standalone.js',
    type: 'text/javascript; charset=utf-8',
  },
}

/** Both pages style elements in place, and one searches in a worker made from its own script; nothing comes from elsewhere. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; " +
  "base-uri 'none'; frame-ancestors 'none'"

/** Collects the schemas of all routes mounted after it into one OpenAPI 3.1 document. */
export function collectDocument(app: FastifyInstance): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sensorium',
        version: '1.0.0',
        description: 'One IoT server that speaks several wire languages.',
      },
      components: {
        securitySchemes: {
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: "A device's own key" },
          userId: { type: 'apiKey', in: 'header', name: 'X-User-ID', description: "A user's secret id" },
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          operator: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: '`admin <token>`: the word, one blank, the operator’s token',
          },
        },
      },
    },
  })
}

/** The document and two pages that show it, which need nothing from outside this server. */
export const docs: HttpDialect = {
  name: 'docs',
  families: [],
  headersOf: SEVERAL,
  routes(scope) {
    let text: string | null = null
    const document = () => (text ??= JSON.stringify(scope.swagger()))
    const hidden = { schema: { hide: true } }
    for (const path of DOCUMENT_PATHS) {
      scope.get(path, hidden, (_request, reply) =>
        reply.type('application/json; charset=utf-8').send(document()),
      )
    }
    const page = (path: string, html: string) =>
      scope.get(path, hidden, (_request, reply) =>
        reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY).send(html),
      )
    page('/docs', SWAGGER_PAGE)
    page('/redoc', REDOC_PAGE)
    scope.get('/docs/start.js', hidden, (_request, reply) =>
      reply.type('text/javascript; charset=utf-8').send(SWAGGER_START),
    )
    mountAssets(scope)
  },
}

function mountAssets(scope: FastifyInstance): void {
  const { resolve } = createRequire(import.meta.url)
  for (const [path, { file, type }] of Object.entries(ASSETS)) {
    scope.get(path, { schema: { hide: true } }, async (_request, reply) => {
      const bytes = await readFile(resolve(file))
      return reply.type(type).header('cache-control', 'public, max-age=86400').send(bytes)
    })
  }
}
