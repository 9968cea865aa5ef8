import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Family } from '../../wire/dialect.ts'
import { indexFamilies } from './families.ts'

const family = (name: string, prefixes: string[], exact: string[] = []): Family => ({
  prefixes,
  exact,
  body: () => ({ name }),
})

const familyOf = indexFamilies([
  family('several', ['/api/v1'], ['/', '/health']),
  family('iotflow', ['/api/v1/telemetry', '/status']),
  family('ozone', ['/api/devices/', '/api/device/:id/commands']),
  family('nbiot', ['/api/device']),
])

const nameOf = (path: string) => familyOf(path).body({ status: 404, method: 'GET' })

describe('whose words a path is answered in', () => {
  it('lets the longest prefix win, by whole segments', () => {
    assert.deepEqual(nameOf('/api/v1/telemetry/x'), { name: 'iotflow' })
    assert.deepEqual(nameOf('/api/v1/telemetry'), { name: 'iotflow' })
    assert.deepEqual(nameOf('/api/v1/telemetryx'), { name: 'several' })
    assert.deepEqual(nameOf('/api/v1'), { name: 'several' })
    assert.deepEqual(nameOf('/api/v1x'), { error: 'Not found' })
    assert.deepEqual(nameOf('/status/x'), { name: 'iotflow' })
  })

  it('knows prefixes with a parameter, and those that begin below a slash', () => {
    assert.deepEqual(nameOf('/api/device/7/commands/x'), { name: 'ozone' })
    assert.deepEqual(nameOf('/api/device/7/other'), { name: 'nbiot' })
    assert.deepEqual(nameOf('/api/devices/x'), { name: 'ozone' })
    assert.deepEqual(nameOf('/api/devices'), { error: 'Not found' })
  })

  it('gives exact paths no children', () => {
    assert.deepEqual(nameOf('/health'), { name: 'several' })
    assert.deepEqual(nameOf('/health/'), { name: 'several' })
    assert.deepEqual(nameOf('/health/x'), { error: 'Not found' })
    assert.deepEqual(nameOf('/'), { name: 'several' })
    assert.deepEqual(nameOf('/x'), { error: 'Not found' })
  })
})
