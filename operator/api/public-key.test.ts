import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readPublicKey } from './public-key.ts'
import { ada, keyTypes, publicKey } from './testing/public-keys.ts'

test('a key has the fingerprint that ssh-keygen gives it', () => {
  const { fingerprint } = ada
  assert.equal(readPublicKey(ada.line), { type: 'ssh-ed25519', fingerprint, comment: 'ada@lab' })
})

test('a comment is kept with its spaces, and may be missing', () => {
  const bare = ada.line.replace(' ada@lab', '')
  assert.is(readPublicKey(`${bare} Ada's  laptop\n`)?.comment, "Ada's  laptop")
  assert.is(readPublicKey(bare)?.comment, undefined)
})

for (const type of keyTypes) {
  const whole = publicKey(type)
  const [, base64 = ''] = whole.split(' ')
  test(`a whole ${type} key is read`, () => assert.is(readPublicKey(whole)?.type, type))

  const damaged: readonly [what: string, line: string][] = [
    ['cut short', `${type} ${base64.slice(0, -8)}`],
    ['with more behind it', `${type} ${base64.replace(/=+$/, '')}AAAA`],
    ['with a letter lost', `${type} ${base64.slice(0, 30)}${base64.slice(31)}`],
    ['under the name of another type', whole.replace(type, type === 'ssh-rsa' ? 'ssh-ed25519' : 'ssh-rsa')],
  ]
  for (const [what, line] of damaged) {
    test(`a ${type} key ${what} is none`, () => assert.is(readPublicKey(line), undefined))
  }
}

for (const line of ['', 'ssh-ed25519', 'ssh-ed25519 ', 'hello world', 'ssh-dss AAAAB3NzaC1kc3M=']) {
  test(`no key: ${JSON.stringify(line)}`, () => assert.is(readPublicKey(line), undefined))
}

test.run()
