import { startHouse } from '/work/main/test/house.ts'
import { writeFileSync } from 'node:fs'
const h = await startHouse({ PORT: '18998', LOG_LEVEL: 'warn' })
const j = async (m, p, b, hd = {}) => {
  const r = await fetch(h.url + p, {
    method: m,
    headers: { 'content-type': 'application/json', ...hd },
    body: JSON.stringify(b),
  })
  return r.json()
}
const r = await j('POST', '/api/v1/auth/register', {
  username: 'u1',
  email: 'u1@example.org',
  password: 'secret1',
})
const d = await j(
  'POST',
  '/api/v1/devices/register',
  { name: 'd1', device_type: 'sensor' },
  { 'x-user-id': r.user.user_id },
)
writeFileSync(
  '/tmp/w.lua',
  `wrk.method='POST'
wrk.headers['content-type']='application/json'
wrk.headers['x-api-key']='${d.device.api_key}'
wrk.body='{"data":{"temperature":21.57,"humidity":48.2,"battery":3.71}}'`,
)
console.log('ready')
process.on('SIGTERM', async () => {
  await h.close()
  process.exit()
})
setTimeout(() => {}, 1e8)
