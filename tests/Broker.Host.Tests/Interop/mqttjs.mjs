// One scenario with MQTT.js: node mqttjs.mjs <scenario> <3|4|5> <url>. Ends with "done" and exit code 0, or throws.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'

const mqtt = createRequire(process.env.BROKER_TEST_MQTTJS + '/')('mqtt')
const [scenario, versionText, url] = process.argv.slice(2)
const version = Number(versionText)
const clients = []

async function connect (options = {}) {
  const legacy = version === 3 ? { protocolId: 'MQIsdp' } : {}
  const client = mqtt.connect(url, { protocolVersion: version, reconnectPeriod: 0, clientId: 'js' + Math.random().toString(16).slice(2, 12), ...legacy, ...options })
  clients.push(client)
  client.got = []
  client.on('message', (topic, payload, packet) => client.got.push({ topic, text: payload.toString(), qos: packet.qos, retain: packet.retain, packet }))
  const [connack] = await once(client, 'connect')
  client.connack = connack
  return client
}

async function until (what, condition) {
  const deadline = Date.now() + 15_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('not in time: ' + what)
    await delay(10)
  }
}

const scenarios = {
  async qos () {
    const subscriber = await connect()
    await subscriber.subscribeAsync('t/+', { qos: 2 })
    const publisher = await connect()
    for (const qos of [0, 1, 2]) {
      for (let i = 0; i < 20; i++) await publisher.publishAsync('t/' + qos, String(i), { qos })
    }
    await until('all arrive', () => subscriber.got.length >= 60)
    for (const qos of [0, 1, 2]) {
      const got = subscriber.got.filter(m => m.topic === 't/' + qos)
      assert.deepEqual(got.map(m => m.text), [...Array(20).keys()].map(String))
      assert(got.every(m => m.qos === qos && !m.retain))
    }
  },

  async retained () {
    const publisher = await connect()
    await publisher.publishAsync('state', 'on', { qos: 1, retain: true })
    const subscriber = await connect()
    await subscriber.subscribeAsync('state', { qos: 1 })
    await until('the state arrives', () => subscriber.got.length === 1)
    assert.equal(subscriber.got[0].text, 'on')
    assert.equal(subscriber.got[0].retain, true)
  },

  async will () {
    const observer = await connect()
    await observer.subscribeAsync('will', { qos: 1 })
    const victim = await connect({ will: { topic: 'will', payload: Buffer.from('gone'), qos: 1, retain: false } })
    victim.stream.destroy()
    await until('the will arrives', () => observer.got.length === 1)
    assert.equal(observer.got[0].text, 'gone')
  },

  async shared () {
    const members = [await connect(), await connect()]
    for (const member of members) await member.subscribeAsync('$share/workers/jobs', { qos: 1 })
    const publisher = await connect()
    for (let i = 0; i < 20; i++) await publisher.publishAsync('jobs', String(i), { qos: 1 })
    await until('all jobs are taken', () => members[0].got.length + members[1].got.length >= 20)
    assert.equal(new Set(members.flatMap(m => m.got.map(one => one.text))).size, 20)
    assert(members.every(m => m.got.length > 0))
  },

  async session () {
    const keep = { clientId: 'sleeper', clean: false, ...(version === 5 ? { properties: { sessionExpiryInterval: 300 } } : {}) }
    const before = await connect(keep)
    await before.subscribeAsync('mail', { qos: 2 })
    await before.endAsync()
    const publisher = await connect()
    for (let i = 0; i < 5; i++) await publisher.publishAsync('mail', String(i), { qos: 2 })
    const after = await connect(keep)
    if (version > 3) assert.equal(after.connack.sessionPresent, true)
    await until('the mail arrives', () => after.got.length >= 5)
    assert.deepEqual(after.got.map(m => m.text), ['0', '1', '2', '3', '4'])
  },

  async large () {
    const client = await connect()
    await client.subscribeAsync('large', { qos: 1 })
    const text = 'x'.repeat(900_000)
    await client.publishAsync('large', text, { qos: 1 })
    await until('it arrives', () => client.got.length === 1)
    assert.equal(client.got[0].text, text)
  },

  async properties () {
    const client = await connect()
    await client.subscribeAsync('t', { qos: 1, properties: { subscriptionIdentifier: 7 } })
    await client.publishAsync('t', 'x', {
      qos: 1,
      properties: { contentType: 'text/plain', responseTopic: 'answer', correlationData: Buffer.from([1, 2, 3]), userProperties: { a: '1' }, messageExpiryInterval: 60 }
    })
    await until('it arrives', () => client.got.length === 1)
    const properties = client.got[0].packet.properties
    assert.equal(properties.contentType, 'text/plain')
    assert.equal(properties.responseTopic, 'answer')
    assert.deepEqual([...properties.correlationData], [1, 2, 3])
    assert.equal(properties.userProperties.a, '1')
    assert.equal(properties.subscriptionIdentifier, 7)
    assert(properties.messageExpiryInterval > 0 && properties.messageExpiryInterval <= 60)
  }
}

await scenarios[scenario]()
for (const client of clients) client.end(true)
console.log('done')
