import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { ConfigError, loadConfig, type Config, type Environment } from '../config.ts'

/**
 * The settings of this start: the process's environment, then the file `.env` in the working folder.
 * @throws ConfigError
 */
export function readConfig(): Config {
  return loadConfig(process.env, readDotEnv('.env'))
}

function readDotEnv(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw new ConfigError(
      `.env: the file can't be read (${error instanceof Error ? error.message : String(error)})`,
    )
  }
}
