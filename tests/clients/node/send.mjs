// Sends every kind of call with the Segment SDK for Node and prints, as JSON, what it believes to have sent.
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, count] = process.argv.slice(2)
const analytics = new Analytics({ host, writeKey, flushAt: 50, flushInterval: 100 })
const failed = []
analytics.on('error', (error) => failed.push(String(error.reason ?? error.code)))
const sent = []
const note = (context) => sent.push(JSON.parse(JSON.stringify(context.event)))
const call = (name, message) => new Promise((done) => analytics[name](message, (_, context) => { note(context); done() }))

const calls = []
for (let n = 0; n < Number(count); n++) {
  calls.push(call('track', {
    userId: `user-${n % 7}`, event: 'Report Opened', properties: { n, title: 'Übersicht 😀', deep: { list: [1, 2.5, null] } },
    context: { groupId: 'acme' },
  }))
}
calls.push(call('identify', { userId: 'user-1', traits: { plan: 'pro', seats: 12 } }))
calls.push(call('group', { userId: 'user-1', groupId: 'acme', traits: { industry: 'steel' } }))
calls.push(call('page', { anonymousId: 'a-1', name: 'Home', properties: { path: '/' } }))
calls.push(call('screen', { anonymousId: 'a-1', name: 'Start' }))
calls.push(call('alias', { userId: 'user-1', previousId: 'a-1' }))
await Promise.all(calls)
await analytics.closeAndFlush()
console.log(JSON.stringify({ sent, failed }))
