/** Hills, a cabin with its lamp lit, and a tent: drawn in the colours of the theme, so that night falls with it. */
export function HeroScene() {
  return (
    <svg
      className="hero-scene"
      viewBox="0 0 640 460"
      preserveAspectRatio="xMidYMax slice"
      aria-hidden="true"
      focusable="false"
    >
      <rect width="640" height="460" className="scene-sky" />
      <circle cx="470" cy="128" r="92" className="scene-glow" />
      <circle cx="470" cy="128" r="52" className="scene-sun" />
      <g className="scene-stars">
        <circle cx="70" cy="62" r="2.4" />
        <circle cx="150" cy="110" r="1.8" />
        <circle cx="236" cy="48" r="2" />
        <circle cx="318" cy="92" r="1.6" />
        <circle cx="590" cy="54" r="2.2" />
        <circle cx="384" cy="38" r="1.8" />
      </g>
      <path d="M0 262 92 168l62 56 94-116 108 128 70-66 88 82 126-98v306H0z" className="scene-far" />
      <path d="m248 108 34 40-20 10-16-12-18 14-14-8z" className="scene-snow" />
      <path d="M0 322c86-54 168-62 262-30 104 36 192 26 378-38v206H0z" className="scene-middle" />
      <Cabin />
      <Trees />
      <path d="M0 376c118-42 236-26 330 2 106 30 214 18 310-16v98H0z" className="scene-near" />
      <path
        d="M262 460c10-36 52-44 62-62 8-14-14-24-6-42l20 2c-8 18 20 28 16 48-4 20-22 30-24 54z"
        className="scene-path"
      />
      <Tent />
    </svg>
  );
}

function Cabin() {
  return (
    <g>
      <path d="M292 262v-38h16v38z" className="scene-roof" />
      <path d="M252 296h100v66H252z" className="scene-wall" />
      <path d="m238 300 64-54 64 54z" className="scene-roof" />
      <path d="M266 316h24v24h-24z" className="scene-lamp" />
      <path d="M312 316h24v46h-24z" className="scene-door" />
      <path d="M278 316v24M266 328h24" className="scene-bars" />
    </g>
  );
}

const trees = [
  { x: 60, y: 372, size: 1.15 },
  { x: 118, y: 362, size: 0.85 },
  { x: 204, y: 358, size: 0.7 },
  { x: 404, y: 368, size: 0.8 },
  { x: 566, y: 366, size: 1.25 },
  { x: 616, y: 372, size: 0.9 },
];

function Trees() {
  return trees.map(({ x, y, size }) => (
    <path
      key={x}
      d="M0-104 26-58H14l20 34H8V2H-8v-26h-26l20-34h-12z"
      transform={`translate(${x} ${y}) scale(${size})`}
      className="scene-tree"
    />
  ));
}

function Tent() {
  return (
    <g>
      <path d="m428 420 62-86 66 86z" className="scene-tent" />
      <path d="m474 420 16-86 26 86z" className="scene-tent-door" />
      <path d="M486 420c0-20 4-44 4-86 8 32 16 60 16 86z" className="scene-lamp" />
      <path d="M428 420h128" className="scene-ground" />
    </g>
  );
}
