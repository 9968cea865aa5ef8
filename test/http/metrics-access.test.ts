import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type House, startHouse } from '../house.ts'

for (const exposed of ['off', 'on']) {
  describe(`GET /metrics, EXPOSED=${exposed}`, () => {
    let house: House
    before(async () => {
      house = await startHouse({ EXPOSED: exposed })
    })
    after(() => house.close())

    const read = async (authorization?: string) => {
      const headers = authorization === undefined ? {} : { authorization }
      const answer = await fetch(`${house.url}/metrics`, { headers })
      return { status: answer.status, text: await answer.text() }
    }

    it(`is ${exposed === 'on' ? "the operator's alone" : 'public'}`, async () => {
      const open = exposed === 'off'
      const wrong = `Bearer ${house.operatorToken}x`
      for (const presented of [undefined, '', 'Bearer', wrong, `admin ${house.operatorToken}`]) {
        const { status, text } = await read(presented)
        assert.equal(status, open ? 200 : 401, String(presented))
        assert.equal(text.includes('sensorium_'), open)
      }
      const { status, text } = await read(`Bearer ${house.operatorToken}`)
      assert.equal(status, 200)
      assert.match(text, /^sensorium_uplinks_accepted_total 0$/m)
    })
  })
}
