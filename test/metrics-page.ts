/** One value of `/metrics`, by name and, where it has labels, by them as they are written; 0 when it is not there. */
export async function metric(url: string, name: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text()
  const line = page.split('\n').find((text) => text.startsWith(`${name} `))
  return Number(line?.slice(name.length) ?? 0)
}

/** Compactions the server has finished since its start. */
export function compactions(url: string): Promise<number> {
  return metric(url, 'sensorium_compactions_total')
}
