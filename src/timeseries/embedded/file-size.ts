import { statSync } from 'node:fs'

const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Bytes of the file and its write-ahead log. */
export const fileBytes = (file: string): number => size(file) + size(`${file}-wal`)
