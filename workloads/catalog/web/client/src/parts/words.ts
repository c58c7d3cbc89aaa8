const money = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const roundMoney = new Intl.NumberFormat('en-US', {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 0,
});

export function toPrice(price: number): string {
  return Number.isInteger(price) ? roundMoney.format(price) : money.format(price);
}

export function toCount(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

const day = new Intl.DateTimeFormat('en', { dateStyle: 'long' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** "just now", "5 minutes ago", "yesterday"; a date after a week. Clocks may disagree: the future counts as now. */
export function toMoment(isoTime: string, now: number): string {
  const time = Date.parse(isoTime);
  if (Number.isNaN(time)) return '';
  const age = now - time;
  if (age < minuteMs) return 'just now';
  if (age < hourMs) return relative.format(-Math.floor(age / minuteMs), 'minute');
  if (age < dayMs) return relative.format(-Math.floor(age / hourMs), 'hour');
  if (age < 7 * dayMs) return relative.format(-Math.floor(age / dayMs), 'day');
  return day.format(time);
}
