import type { AdmissionPolicy, Ladder, LadderStep } from './admission-policy.ts'

/** A rung whose length is the same each time. */
function rung (from: number, action: LadderStep['action'], durationMs = 0): LadderStep {
  return { from, action, durationMs, extraMs: 0, doubles: false }
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** A proven fault: half an hour, doubling to a day; forgotten after a day without another (ANCHORS 6.3). No ban is for ever but an operator's. */
const PROVABLE_LADDER: Ladder = {
  offences: ['provable'], key: 'peer', steps: [{ ...rung(1, 'ban', 30 * MINUTE), doubles: true }], forgetMs: 24 * HOUR
}

/**
 * QuantumCoin's four steps: 1-2 warned and throttled for 30 s, 3-5 throttled for 5 min, 6-10 for 30 min, then banned for 1 h; its
 * permanent ban has no number: chosen, from the sixth ban on. One violation is forgotten an hour after the last, its time between clean-ups.
 */
const QUANTUMCOIN_LADDER: Ladder = {
  offences: ['provable', 'resource'],
  key: 'peer',
  steps: [
    rung(1, 'warn', 30 * SECOND), rung(3, 'throttle', 5 * MINUTE), rung(6, 'throttle', 30 * MINUTE), rung(11, 'ban', HOUR), rung(16, 'permanent')
  ],
  forgetMs: HOUR
}

/** Nano's exclusion of hosts: first disconnected, then 1 h, then 6 h and 2 h more each time (NANO 1.5); forgotten a day after it ends. */
const NANO_LADDER: Ladder = {
  offences: ['provable'],
  key: 'host',
  steps: [rung(1, 'disconnect'), rung(2, 'ban', HOUR), { ...rung(3, 'ban', 6 * HOUR), extraMs: 2 * HOUR }],
  forgetMs: 24 * HOUR
}

/** What is admitted where a profile says nothing else. */
export const DEFAULT_ADMISSION: AdmissionPolicy = {
  connections: {
    // QC-12: the IP, and /24 or /64
    host: { v4Bits: 32, v6Bits: 128 },
    subnet: { v4Bits: 24, v6Bits: 64 },
    // Nano V24 (NANO 1.6): several nodes on one host are usual (Quantumpay)
    perHost: 10,
    perSubnet: 40,
    // Zebra and Nano allow about as many as they have slots; libp2p's 10 let one host shut everybody out (LIBP2P 0.2)
    pending: 128,
    // Chosen: half of a host's connections
    pendingPerHost: 5,
    // Nano accepts one each 10 ms (NANO 1.6); a Noise handshake costs 5 ms (ANCHORS 7.4): half a core
    acceptsPerSecond: 100,
    // js-libp2p (ANCHORS 1.2)
    acceptsPerSecondPerHost: 5,
    failedAttempts: 0
  },
  budgets: {
    // Bitcoin Core's 14 transactions a second (ANCHORS 1.6), and room for one largest block in each quarter of a minute
    live: { messages: 1_000, bytes: 16_777_216, windowMs: MINUTE },
    // Chosen: a ping each 2 s
    controlPerMinute: 30,
    // Chosen: 200 Mbit/s and four seconds of it
    peerBytes: { perSecond: 26_214_400, burstSeconds: 4 },
    // Chosen: what sync measures on one core, twice
    peerCost: { perSecond: 10_000, burstSeconds: 4 },
    // Nano (NANO 1.7)
    generic: { perSecond: 10_485_760, burstSeconds: 3 },
    // Chosen: 400 Mbit/s, a fast line
    bootstrap: { perSecond: 52_428_800, burstSeconds: 4 },
    // Derived: 125 peers, one answer of 1 KiB in 15 s, each twice
    telemetry: { perSecond: 17_067, burstSeconds: 15 }
  },
  scoring: {
    ladders: [PROVABLE_LADDER],
    // ANCHORS 6.3
    halfLifeMs: 10 * MINUTE,
    warnAt: -10,
    throttleAt: -20,
    coolDownAt: -40,
    floorOutbound: 4
  },
  // ANCHORS 6.3: 10,000 entries, 5 distinct banned ids
  bans: { maxEntries: 10_000, hostAfterPeers: 5, threatBanMs: 0 },
  permissions: []
}

/** QuantumCoin's numbers (QC-12, QC-13; 5 failed attempts: 1 h). */
export const QUANTUMCOIN_ADMISSION: AdmissionPolicy = {
  ...DEFAULT_ADMISSION,
  connections: { ...DEFAULT_ADMISSION.connections, perHost: 3, perSubnet: 10, pendingPerHost: 3, failedAttempts: 5 },
  budgets: { ...DEFAULT_ADMISSION.budgets, live: { messages: 100, bytes: 1_048_576, windowMs: MINUTE } },
  scoring: { ...DEFAULT_ADMISSION.scoring, ladders: [QUANTUMCOIN_LADDER] },
  bans: { ...DEFAULT_ADMISSION.bans, threatBanMs: HOUR }
}

/** Nano's numbers (NANO 1.5 to 1.7). */
export const NANO_ADMISSION: AdmissionPolicy = {
  ...DEFAULT_ADMISSION,
  connections: {
    ...DEFAULT_ADMISSION.connections,
    host: { v4Bits: 32, v6Bits: 48 },
    subnet: { v4Bits: 24, v6Bits: 32 },
    perHost: 4,
    perSubnet: 16,
    pendingPerHost: 4
  },
  budgets: { ...DEFAULT_ADMISSION.budgets, bootstrap: { perSecond: 5_242_880, burstSeconds: 1 } },
  scoring: { ...DEFAULT_ADMISSION.scoring, ladders: [NANO_LADDER] },
  bans: { ...DEFAULT_ADMISSION.bans, maxEntries: 5_000 }
}
