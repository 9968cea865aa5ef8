import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allowOf, createPathTable, pathOf } from './path-table.ts'

function table() {
  const paths = createPathTable()
  paths.add('GET', '/')
  paths.add('GET', '/devices/:id')
  paths.add('DELETE', '/devices/:id')
  paths.add('GET', '/devices/:id/history')
  paths.add('GET', '/devices/status')
  paths.add('GET', '/devices/user/:user')
  paths.add('HEAD', '/devices/user/:user')
  paths.add('PUT', '/devices/user/:name')
  paths.add('GET', '/api/devices')
  paths.add('POST', '/api/devices/')
  return paths
}

describe('which pattern owns a path', () => {
  const paths = table()
  const owner = (path: string) => paths.ownerOf(path)?.pattern ?? null

  it('prefers a literal to a parameter, for every method, and never goes back', () => {
    assert.equal(owner('/devices/7'), '/devices/:id')
    assert.equal(owner('/devices/status'), '/devices/status')
    assert.equal(owner('/devices/7/history'), '/devices/:id/history')
    assert.equal(owner('/devices/status/history'), null)
    assert.equal(owner('/devices/user'), null)
    assert.equal(owner('/devices/user/history'), '/devices/user/:user')
    assert.equal(owner('/devices/user/history/more'), null)
  })

  it('tells the forms with and without a slash apart, and knows no empty segments', () => {
    assert.equal(owner('/api/devices'), '/api/devices')
    assert.equal(owner('/api/devices/'), '/api/devices/')
    assert.equal(owner('/devices/'), null)
    assert.equal(owner('//devices/7'), null)
    assert.equal(owner('/devices//history'), null)
    assert.equal(owner('/'), '/')
  })

  it('reads encoded segments as what they mean, and broken ones as they are', () => {
    assert.equal(owner('/devices/st%61tus'), '/devices/status')
    assert.equal(owner('/devices/a%2Fb'), '/devices/:id')
    assert.equal(owner('/devices/%zz'), '/devices/:id')
  })

  it('joins the methods of all dialects on one path', () => {
    const found = paths.ownerOf('/devices/user/1')
    assert.ok(found)
    assert.equal(allowOf(found), 'GET, HEAD, PUT')
  })

  it('leaves the query out', () => {
    assert.equal(pathOf('/a/b?c=/d'), '/a/b')
    assert.equal(pathOf('/a#b'), '/a')
    assert.equal(pathOf('/a'), '/a')
  })
})
