/** One measured number and what it should be. */
export interface Figure {
  readonly section: string
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What must be reached, and what is aimed for. */
  readonly goal?: { readonly floor: number; readonly target: number; readonly better: 'higher' | 'lower' }
  /** How it came about, or what holds it back. */
  readonly note?: string
}

export type Verdict = 'target' | 'floor' | 'missed' | ''

/** What one section of the bench gives. `skipped`: why nothing was measured. */
export interface SectionResult {
  readonly figures: readonly Figure[]
  readonly skipped?: string
  /** Raw numbers behind the figures, for the JSON file. */
  readonly raw?: unknown
  /** Processors that other programs kept busy just before: what a noisy run is known by. */
  readonly foreignLoad?: number
}

export function verdictOf({ value, goal }: Figure): Verdict {
  if (!goal) return ''
  const reached = (limit: number): boolean => (goal.better === 'higher' ? value >= limit : value <= limit)
  if (reached(goal.target)) return 'target'
  return reached(goal.floor) ? 'floor' : 'missed'
}

/** A table with one line a figure, for the terminal. */
export function table(figures: readonly Figure[]): string {
  const head = ['section', 'what', 'measured', 'floor', 'target', 'reached', 'how']
  const rows = figures.map((figure) => [
    figure.section,
    figure.name,
    `${told(figure.value)} ${figure.unit}`.trim(),
    figure.goal ? told(figure.goal.floor) : '',
    figure.goal ? told(figure.goal.target) : '',
    verdictOf(figure),
    figure.note ?? '',
  ])
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '-'.repeat(Math.min(width, 40)))), ...rows.map(line)].join(
    '\n',
  )
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

function told(value: number): string {
  if (Math.abs(value) >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  if (Math.abs(value) >= 10_000) return `${(value / 1000).toFixed(1)} k`
  return String(Number(value.toPrecision(3)))
}
