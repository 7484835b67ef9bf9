import { spawn } from 'node:child_process'

export type Ran = Readonly<{ code: number; stdout: string; stderr: string }>

export type RunOptions = Readonly<{
  /** Given to the command on its standard input, which is empty otherwise. */
  input?: string | Buffer
  /** A command that takes longer is killed, and its code is -1. Default 120. */
  seconds?: number
}>

/** Runs a command to its end, whatever its exit code is. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe' })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    const watchdog = setTimeout(() => child.kill('SIGKILL'), (options.seconds ?? 120) * 1000)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(watchdog)
      resolve({ code: code ?? -1, stdout, stderr })
    })
    // A command may well end without reading all of it.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

/** The output of a command; an exit code other than 0 is an error that holds what it said. */
export async function outputOf(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options)
  if (code === 0) return stdout
  throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr || stdout}`)
}
