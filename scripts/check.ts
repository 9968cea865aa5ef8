// npm run check: every static gate; each says how much it looked at, and looking at too little is a failure.
import { join } from 'node:path'
import { say } from './gates/gate.ts'
import { TOOL_GATES } from './gates/tools.ts'
import { words } from './gates/words.ts'

const root = join(import.meta.dirname, '..')
const results = [...TOOL_GATES, words].map((gate) => {
  const result = say(gate.name, gate.unit, gate.run(root))
  console.log(result.text)
  return result.ok
})
const failed = results.filter((ok) => !ok).length
console.log(
  failed === 0 ? `all ${results.length} gates passed` : `${failed} of ${results.length} gates failed`,
)
process.exitCode = failed === 0 ? 0 : 1
