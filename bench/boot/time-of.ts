/** The time that `stat -c %z` prints, in ms; the pod has no time zone. */
export function timeOf(written: string): number {
  const [date, time] = written.trim().split(' ')
  return Date.parse(`${date}T${time?.slice(0, 12)}Z`)
}
