import { execFile } from 'node:child_process'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '../server-process.ts'

const run = promisify(execFile)

/** A file system of a few megabytes, so that a full disk is a real one. */
export interface SmallDisk {
  readonly path: string
  /** Takes all that is left. */
  fill(): Promise<void>
  /** Gives it back. */
  makeRoom(): Promise<void>
  remove(): Promise<void>
}

/** @returns a reason in words where this machine does not let us mount one. */
export async function smallDisk(megabytes: number): Promise<SmallDisk | string> {
  const folder = await temporaryFolder('small-disk')
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', folder.path])
  } catch (error) {
    await folder.remove()
    return `no small file system can be mounted here: ${error instanceof Error ? error.message.split('\n')[0] : ''}`
  }
  const filler = join(folder.path, 'filler')
  return {
    path: folder.path,
    fill: async () => {
      const { bavail, bsize } = await statfs(folder.path)
      await writeFile(filler, Buffer.alloc(bavail * bsize, 1)).catch(ignoreNoSpace)
      const rest = await statfs(folder.path)
      await writeFile(`${filler}-rest`, Buffer.alloc(rest.bavail * rest.bsize, 1)).catch(ignoreNoSpace)
    },
    makeRoom: async () => {
      await rm(filler, { force: true })
      await rm(`${filler}-rest`, { force: true })
    },
    remove: async () => {
      await run('umount', [folder.path])
      await folder.remove()
    },
  }
}

function ignoreNoSpace(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
}
