import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokenJson, isObject, parseJson, valueFault } from './json-body.ts'

describe('JSON bodies', () => {
  it('parses a buffer, and knows the absent from the broken', () => {
    assert.deepEqual(parseJson(Buffer.from('{"ä":1}')), { ä: 1 })
    assert.deepEqual(parseJson(Buffer.from('﻿[1]')), [1])
    for (const none of [undefined, null, Buffer.alloc(0), Buffer.from(' \n\t')]) {
      assert.equal(parseJson(none), undefined)
    }
    assert.throws(() => parseJson(Buffer.from('{"a"')), BrokenJson)
    assert.throws(() => parseJson(Buffer.from([0x22, 0xff, 0x22])), BrokenJson)
    assert.throws(
      () => parseJson(Buffer.from('{"a" 1}')),
      (error: BrokenJson) => error.offset === 5,
    )
  })

  it('keeps __proto__ an ordinary member', () => {
    const value = parseJson(Buffer.from('{"__proto__":{"isAdmin":true}}'))
    assert.ok(isObject(value))
    assert.deepEqual(Object.keys(value), ['__proto__'])
    assert.equal(value['isAdmin'], undefined)
    assert.equal(({} as Record<string, unknown>)['isAdmin'], undefined)
  })

  it('finds numbers that no double holds, and nesting too deep, wherever they are', () => {
    assert.equal(valueFault(JSON.parse('{"a":[1,{"b":1e999}]}'), 10), 'number')
    assert.equal(valueFault(JSON.parse('{"a":[1,{"b":-1e400}]}'), 10), 'number')
    assert.equal(valueFault(JSON.parse('[[[[1]]]]'), 4), null)
    assert.equal(valueFault(JSON.parse('[[[[1]]]]'), 3), 'depth')
    const abyss = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown
    assert.equal(valueFault(abyss, 32), 'depth')
    for (const fine of [1, 'x', true, null, {}, []]) assert.equal(valueFault(fine, 1), null)
  })
})
