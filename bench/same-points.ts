export async function storeSamePoints(_folder: string, _set: unknown, _batch: number) {
  return { pointsPerSecond: 1, bytesPerPoint: 1, bytesWithLog: 1 }
}
