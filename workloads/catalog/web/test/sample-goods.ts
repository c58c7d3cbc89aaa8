/** Goods for the fake API, with a simple picture each. The real ones are the API's business. */
const goods: [name: string, price: number, hue: number, description: string][] = [
  [
    'Enamel Camp Mug',
    14,
    12,
    'Steel under two coats of enamel. Chips honestly, never breaks, and keeps cocoa warm.',
  ],
  [
    'Wool Blanket',
    89.5,
    28,
    'Woven from undyed wool on an old loom. For porches, benches and long evenings.',
  ],
  ['Storm Lantern', 46, 44, 'Burns for twenty hours on one filling. The glass comes off with a twist.'],
  ['Canvas Rucksack', 129, 150, 'Waxed canvas, leather straps, brass that ages well. Twenty-two litres.'],
  ['Two-Person Tent', 249, 16, 'Pitched by one in six minutes. Taped seams and a porch for muddy boots.'],
  ['Cast-Iron Skillet', 54, 210, 'Pre-seasoned with linseed oil. Stove, oven, embers: it does not mind.'],
  ['Trail Compass', 32, 190, 'Liquid-filled and luminous. It does not need a signal.'],
  ['Beeswax Candles', 18.25, 48, 'Six of them, dipped by hand. They smell of summer and do not drip.'],
  ['Linen Tea Towels', 22, 340, 'A pair in natural linen, softer with every wash.'],
  ['Oak Cutting Board', 38, 32, 'End grain, oiled, heavy enough to stay where it is put.'],
  ['Folding Stool', 41, 100, 'Ash legs and a sling of canvas. Fits under an arm.'],
  ['Rain Poncho', 64, 230, 'Covers you and the rucksack. Packs into its own pocket.'],
  ['Thermos Flask', 35, 170, 'Hot for a day, cold for two.'],
];

export interface SampleItem {
  id: string;
  name: string;
  description: string;
  imageUrl: string;
  price: number;
  lastUpdated: string;
}

export function createSampleItems(): SampleItem[] {
  return goods
    .map(([name, price, , description], index) => {
      const id = `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`;
      const lastUpdated = new Date(Date.UTC(2026, 9, index + 1)).toISOString();
      return { id, name, description, price, imageUrl: `/images/${index}.svg`, lastUpdated };
    })
    .sort((one, other) => one.name.localeCompare(other.name));
}

export function renderPicture(index: number): string | null {
  const hue = goods[index]?.[2];
  if (hue === undefined) return null;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600">
  <rect width="800" height="600" fill="hsl(${hue} 45% 88%)"/>
  <ellipse cx="400" cy="480" rx="230" ry="34" fill="hsl(${hue} 25% 72%)"/>
  <rect x="270" y="210" width="260" height="270" rx="46" fill="hsl(${hue} 48% 52%)"/>
  <path d="M530 270c110-10 110 150 0 140" fill="none" stroke="hsl(${hue} 48% 42%)" stroke-width="30"/>
  <rect x="270" y="250" width="260" height="36" fill="hsl(${hue} 40% 95%)"/>
</svg>`;
}
