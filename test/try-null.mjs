import { createHttpServer } from '../src/transports/http/server.ts'
import { createIotflow } from '../src/dialects/iotflow/index.ts'
const dev = { id: 1, home: 'iotflow', owner: 1, name: 'd1', deviceType: 'x', lifecycle: 'active' }
const rc = Promise.resolve({ status: 'stored', sequence: 1 })
const http = createHttpServer({
  host: '127.0.0.1',
  ports: [18997],
  bodyLimit: 1 << 20,
  corsOrigins: '*',
  log: console,
  maskPath: (p) => p,
})
http.mount([
  createIotflow({
    services: { directory: { byApiKey: () => dev, get: () => dev }, ingest: () => rc, refuse() {} },
    options: { maxMetrics: 1000 },
  }),
])
await http.listen()
process.on('SIGINT', () => process.exit())
setTimeout(() => {}, 1e8)
