import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import { difference } from './life.ts'

const SAMPLES = 5
const CHECKS_AT_ONCE = 4

/** What reading back found. `samples` tells the first few faults in words. */
export interface Findings {
  checked: number
  missing: number
  wrong: number
  /** Devices whose number of submissions is lower than acknowledged or higher than sent. */
  miscounted: number
  /** Devices that could not be read. */
  unreadable: number
  readonly samples: string[]
}

/** What the fleet was promised, and what was found of it. */
export interface Evidence {
  readonly ledger: Ledger
  readonly findings: Findings
}

export function noFindings(): Findings {
  return { checked: 0, missing: 0, wrong: 0, miscounted: 0, unreadable: 0, samples: [] }
}

export function isClean({ missing, wrong, miscounted, unreadable }: Findings): boolean {
  return missing + wrong + miscounted + unreadable === 0
}

/** Reads all devices back, a few at a time, and compares the server's count of submissions as well. */
export async function checkFleet(fleet: Fleet, devices: number, evidence: Evidence): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let device = next++; device < devices; device = next++) {
      if (evidence.ledger.attempts(device) === 0) continue
      await checkDevice(fleet, device, evidence)
      await checkCount(fleet, device, evidence).catch((error) => unreadable(evidence, device, error))
    }
  }
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, worker))
}

/**
 * Reads one device back over the public API and compares every acknowledged report, value by value.
 * What waits in the ledger is taken out of it, so a long run checks as it goes and stays small.
 */
export async function checkDevice(fleet: Fleet, device: number, evidence: Evidence): Promise<void> {
  const expected = evidence.ledger.take(device)
  try {
    await compare(fleet, { device, expected }, evidence.findings)
  } catch (error) {
    unreadable(evidence, device, error)
  }
}

async function compare(
  fleet: Fleet,
  promised: { device: number; expected: readonly number[] },
  findings: Findings,
): Promise<void> {
  const { device, expected } = promised
  const [newest, oldest] = [expected[0], expected.at(-1)]
  if (newest === undefined || oldest === undefined) return
  let next = 0
  for await (const found of fleet.readBack(device, { from: oldest, to: newest })) {
    for (; (expected[next] ?? -1) > found.time; next += 1) missing(findings, device, expected[next])
    // Anything else is a report checked before, or one whose answer was never seen.
    if (expected[next] !== found.time) continue
    const fault = difference(fleet.reportAt(device, found.time), found)
    if (fault !== null) {
      findings.wrong += 1
      note(findings, `device ${device} at ${told(found.time)}: ${fault}`)
    }
    next += 1
  }
  for (; next < expected.length; next += 1) missing(findings, device, expected[next])
  findings.checked += expected.length
}

async function checkCount(fleet: Fleet, device: number, { ledger, findings }: Evidence): Promise<void> {
  const counted = await fleet.submissions(device)
  const [low, high] = [ledger.accepted(device), ledger.attempts(device)]
  if (counted >= low && counted <= high) return
  findings.miscounted += 1
  note(
    findings,
    `device ${device}: the server counts ${counted} submissions, ${low} were acknowledged of ${high} sent`,
  )
}

function missing(findings: Findings, device: number, time: number | undefined): void {
  findings.missing += 1
  note(findings, `device ${device} at ${told(time ?? 0)}: acknowledged, but not there`)
}

function unreadable({ findings }: Evidence, device: number, error: unknown): void {
  findings.unreadable += 1
  note(findings, `device ${device}: ${error instanceof Error ? error.message : String(error)}`)
}

function note(findings: Findings, words: string): void {
  if (findings.samples.length < SAMPLES) findings.samples.push(words)
}

function told(time: number): string {
  return new Date(time).toISOString()
}
