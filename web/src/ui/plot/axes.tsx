/** What stands at the sides of a chart. x, y: from a value to a place. */
export type Ticks = readonly { at: number; text: string }[];

export function Below({ ticks, y }: { ticks: Ticks; y: number }) {
  return <g aria-hidden>{ticks.map((one) => <text key={`${one.at} ${one.text}`} x={one.at} y={y + 16} fontSize="11" textAnchor="middle" fill="var(--muted)">{one.text}</text>)}</g>;
}

export function Beside({ ticks, left, right }: { ticks: Ticks; left: number; right: number }) {
  return (
    <g aria-hidden>
      {ticks.map((one) => (
        <g key={`${one.at} ${one.text}`}>
          <line x1={left} x2={right} y1={one.at} y2={one.at} stroke="var(--line)" />
          <text x={left - 6} y={one.at + 4} fontSize="11" textAnchor="end" fill="var(--muted)">{one.text}</text>
        </g>
      ))}
    </g>
  );
}
