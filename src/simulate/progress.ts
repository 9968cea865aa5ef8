import { LatencyHistogram } from './histogram.ts'

/** What a run has done so far; written by the run, read by whoever shows it. */
export interface Progress {
  sent: number
  acknowledged: number
  refused: number
  /** Answers that asked to come back later, and requests whose outcome is unknown: both are sent again. */
  retried: number
  readonly latency: LatencyHistogram
}

export function newProgress(): Progress {
  return { sent: 0, acknowledged: 0, refused: 0, retried: 0, latency: new LatencyHistogram() }
}

/** `12 s  sent 2400  acknowledged 2398 …` */
export function progressLine(progress: Progress, seconds: number, perSecond: number): string {
  const { sent, acknowledged, refused, retried, latency } = progress
  return [
    `${Math.round(seconds)} s`,
    `sent ${sent}`,
    `acknowledged ${acknowledged}`,
    `refused ${refused}`,
    ...(retried > 0 ? [`retried ${retried}`] : []),
    `${Math.round(perSecond)}/s`,
    `p50 ${shown(latency.percentile(0.5))}`,
    `p99 ${shown(latency.percentile(0.99))}`,
  ].join('  ')
}

/** Shows the line each second: over itself on a terminal, below each other elsewhere. Returns what ends it. */
export function showProgress(progress: Progress, output: NodeJS.WriteStream): () => void {
  const started = performance.now()
  let before = 0
  const write = (perSecond: number): void => {
    const line = progressLine(progress, (performance.now() - started) / 1000, perSecond)
    output.write(output.isTTY ? `\r\u001b[2K${line}` : `${line}\n`)
  }
  const timer = setInterval(() => {
    write(progress.acknowledged - before)
    before = progress.acknowledged
  }, 1000)
  let ended = false
  return () => {
    if (ended) return
    ended = true
    clearInterval(timer)
    write((progress.acknowledged * 1000) / (performance.now() - started))
    if (output.isTTY) output.write('\n')
  }
}

function shown(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`
}
