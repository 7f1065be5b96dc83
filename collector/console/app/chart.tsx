/**
 * Charts as SVG: stacked columns, and a rate by day with a band. Columns also come as a table, for people who cannot
 * see the chart.
 */
import type { ComponentChildren } from "preact";
import { Table } from "./table";

/** A part of a column: its name, and the class that colours it. */
export interface Part {
  name: string;
  kind: string;
}
export interface Column {
  /** The label below the column, such as a day or a vendor. */
  key: string;
  /** One number for each part. */
  values: number[];
}

const HEIGHT = 160;
const TOP = 18;
const percent = (value: number) => `${(value * 100).toFixed(3)}%`;

interface ColumnsProps {
  label: string;
  parts: Part[];
  columns: Column[];
  format: (value: number) => string;
  /**
   * One more column of the table, next to the numbers of the parts: its heading, and a text for each column of the
   * chart.
   */
  more?: { name: string; of: string[] };
}

/** Columns side by side, with their parts stacked. */
export function Columns({ label, parts, columns, format, more }: ColumnsProps) {
  const sums = columns.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const most = Math.max(...sums, 1e-9);
  const used = parts
    .map((part, index) => ({ ...part, index }))
    .filter(({ index }) => columns.some(({ values }) => values[index]));
  const slot = 1 / columns.length;
  return (
    <figure>
      <Legend parts={used} />
      <svg class="chart" role="img" aria-label={label} height={HEIGHT + 20}>
        <Line at={most} most={most} text={format(most)} />
        {columns.map(({ key, values }, column) => {
          let below = 0;
          return (
            <g key={key}>
              <title>{`${key}: ${used.map(({ name, index }) => `${name} ${format(values[index] ?? 0)}`).join(", ")}`}</title>
              <rect class="slot" x={percent(column * slot)} width={percent(slot)} y={TOP} height={HEIGHT - TOP} />
              {used.map(({ name, kind, index }) => {
                const height = ((values[index] ?? 0) / most) * (HEIGHT - TOP);
                below += height;
                return (
                  height > 0 && (
                    <rect
                      key={name}
                      class={kind}
                      x={percent((column + 0.12) * slot)}
                      width={percent(slot * 0.76)}
                      y={HEIGHT - below}
                      height={height}
                    />
                  )
                );
              })}
            </g>
          );
        })}
        <Keys keys={columns.map(({ key }) => key)} />
      </svg>
      <Numbers label={label} heads={["", ...used.map(({ name }) => name), "all", ...(more ? [more.name] : [])]}>
        {columns.map(({ key, values }, column) => (
          <tr key={key}>
            <th scope="row">{key}</th>
            {used.map(({ name, index }) => (
              <td key={name}>{format(values[index] ?? 0)}</td>
            ))}
            <td>{format(sums[column] ?? 0)}</td>
            {more && <td>{more.of[column]}</td>}
          </tr>
        ))}
      </Numbers>
    </figure>
  );
}

interface RateProps {
  label: string;
  points: { key: string; value: number | null }[];
  /** Where the band begins and ends, and what it shows. */
  band: { from: number; to: number; name: string };
  format: (value: number) => string;
}

/** A share from 0 to 1 by day, and a band to compare it with. A day without a share is a gap. */
export function Rate({ label, points, band, format }: RateProps) {
  const y = (value: number) => TOP + (1 - value) * (HEIGHT - TOP);
  const x = (index: number) => percent((index + 0.5) / points.length);
  return (
    <figure>
      <Legend
        parts={[
          { name: "match rate", kind: "rate" },
          { name: band.name, kind: "band" },
        ]}
      />
      <svg class="chart" role="img" aria-label={label} height={HEIGHT + 20}>
        <rect class="band" x="0" width="100%" y={y(band.to)} height={y(band.from) - y(band.to)} />
        <Line at={1} most={1} text={format(1)} />
        {points.map(({ key, value }, index) => {
          const next = points[index + 1]?.value;
          if (value === null) return null;
          return (
            <g key={key}>
              {next != null && <line class="rate" x1={x(index)} y1={y(value)} x2={x(index + 1)} y2={y(next)} />}
              <circle class="rate" cx={x(index)} cy={y(value)} r={3}>
                <title>{`${key}: ${format(value)}`}</title>
              </circle>
            </g>
          );
        })}
        <Keys keys={points.map(({ key }) => key)} />
      </svg>
    </figure>
  );
}

function Legend({ parts }: { parts: Part[] }) {
  return (
    <ul class="legend">
      {parts.map(({ name, kind }) => (
        <li key={name}>
          <svg class="chart" width="10" height="10" aria-hidden="true">
            <rect class={kind} width="10" height="10" />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

function Line({ at, most, text }: { at: number; most: number; text: string }) {
  const y = HEIGHT - (at / most) * (HEIGHT - TOP);
  return (
    <>
      <line class="rule" x1="0" x2="100%" y1={y} y2={y} />
      <line class="rule" x1="0" x2="100%" y1={HEIGHT} y2={HEIGHT} />
      <text x="0" y={y - 4}>
        {text}
      </text>
    </>
  );
}

/** Labels the first, the middle and the last column. A phone has no room for more. */
function Keys({ keys }: { keys: string[] }) {
  const last = keys.length - 1;
  const shown = [...new Set([0, Math.floor(last / 2), last])];
  return (
    <>
      {shown.map((index) => (
        <text
          key={index}
          x={percent((index + 0.5) / keys.length)}
          y={HEIGHT + 15}
          text-anchor={last < 2 ? "middle" : index === 0 ? "start" : index === last ? "end" : "middle"}
        >
          {keys[index]}
        </text>
      ))}
    </>
  );
}

function Numbers({ label, heads, children }: { label: string; heads: string[]; children: ComponentChildren }) {
  return (
    <details>
      <summary>As a table</summary>
      <Table label={`${label}, as a table`} heads={heads.map((head) => (head === "" ? <td key={head} /> : head))}>
        {children}
      </Table>
    </details>
  );
}
