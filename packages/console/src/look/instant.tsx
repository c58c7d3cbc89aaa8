/** A point in time in the reader's own zone, UTC on hover. */
export function Instant({ at, withDate = false }: { at: string; withDate?: boolean }) {
  const date = new Date(at);
  const time = formatTime(date);
  return (
    <time dateTime={at} title={`${date.toISOString().replace('T', ' ').replace('Z', '')} UTC`}>
      {withDate && !isToday(date) ? `${formatDay(date)} ${time}` : time}
    </time>
  );
}

/** HH:MM:SS in the reader's zone. */
export function formatTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(toTwoDigits).join(':');
}

function formatDay(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(toTwoDigits).join('-');
}

function toTwoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function isToday(date: Date): boolean {
  return date.toDateString() === new Date().toDateString();
}
