import type { Config } from '../config.ts'
import type { DataDir } from '../data-dir.ts'

/** What a person who has just started the server needs: where it is, where the data are, how to begin. */
export function welcome(urls: readonly string[], config: Config, dataDir: DataDir): string {
  const url = reachable(urls[0] ?? '')
  const lines = [
    `Sensorium listens on ${urls.join(' and ')}`,
    `  data            ${dataDir.path}`,
    `  operator token  ${operatorToken(config, dataDir)}`,
    ...(config.demoUser === null
      ? []
      : [`  demo user       ${config.demoUser} (for this machine; DEMO_USER= for none)`]),
    ...warnings(config),
    '',
    'Send a first reading, from another terminal:',
    '',
    ...firstReading(url).map((line) => `  ${line}`),
    '',
    `Everything it answers: ${url}/docs    A fleet to watch: npm start -- simulate --url ${url}`,
  ]
  return `${lines.join('\n')}\n\n`
}

function operatorToken(config: Config, dataDir: DataDir): string {
  if (config.adminToken !== null) return `as given in ${config.origins.adminToken.name}`
  if (!dataDir.firstStart) return `in ${dataDir.operatorTokenFile}`
  return `${dataDir.keys.operatorToken}  (shown this once; it stays in ${dataDir.operatorTokenFile})`
}

function warnings(config: Config): string[] {
  if (!config.exposed || !config.userIdHeader) return []
  return [
    '  warning         X-User-ID is a password without a lock: USER_ID_HEADER=off leaves bearer tokens only',
  ]
}

/** Random names, so that the lines work at every start. */
function firstReading(url: string): string[] {
  const json = "-H 'Content-Type: application/json'"
  return [
    `USER_ID=$(curl -s ${url}/api/v1/auth/register ${json} \\`,
    `  -d '{"username":"me-'$RANDOM'","email":"me-'$RANDOM'@example.org","password":"choose-your-own"}' \\`,
    `  | sed 's/.*"user_id":"\\([^"]*\\)".*/\\1/')`,
    `API_KEY=$(curl -s ${url}/api/v1/devices/register ${json} -H "X-User-ID: $USER_ID" \\`,
    `  -d '{"name":"porch","device_type":"thermometer"}' | sed 's/.*"api_key":"\\([^"]*\\)".*/\\1/')`,
    `curl -s ${url}/api/v1/telemetry ${json} -H "X-API-Key: $API_KEY" -d '{"data":{"temperature":21.5}}'`,
  ]
}

/** A server that listens on all addresses is reached on loopback from the same machine. */
const reachable = (url: string): string =>
  url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
