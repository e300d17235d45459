/** The week by hours: how strong a cell is, and which stand out. */
export interface Cell {
  weekday: number;
  hour: number;
  days: number;
  value: number | null;
  per_week: number | null;
}

/** Shades from hardly any to most; 0 is none. */
export const SHADES = 6;

/** What is compared: how many on an average day, so that a range of ten Mondays and nine Tuesdays is fair; of scores the score. */
export function figureOf(cell: Cell, isScore: boolean): number | null {
  return isScore ? cell.value : cell.per_week;
}

/**
 * From a figure to its shade. Counts are shaded from nought to the most; scores from the lowest to the highest, since they all lie near each other.
 */
export function shades(cells: readonly Cell[], isScore: boolean): (cell: Cell) => number {
  const known = cells.map((cell) => figureOf(cell, isScore)).filter((figure) => figure !== null);
  const most = Math.max(0, ...known);
  const least = isScore ? Math.min(most, ...known) : 0;
  return (cell) => {
    const figure = figureOf(cell, isScore);
    if (figure === null || (!isScore && figure === 0)) return 0;
    if (most === least) return isScore ? SHADES : 1;
    return Math.max(1, Math.ceil(((figure - least) / (most - least)) * SHADES));
  };
}

/** The hours that anything happened in, with one on either side and office hours always: nights of nothing take no room. */
export function hoursShown(cells: readonly Cell[]): number[] {
  const busy = cells.filter((cell) => cell.value).map((cell) => cell.hour);
  const first = Math.max(0, Math.min(8, ...busy) - 1);
  const last = Math.min(23, Math.max(17, ...busy) + 1);
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
}

/** The cell that stands out: of counts the most, of scores the lowest. */
export function outstanding(cells: readonly Cell[], isScore: boolean): Cell | null {
  let found: Cell | null = null;
  for (const cell of cells) {
    const figure = figureOf(cell, isScore);
    if (figure === null || (!isScore && figure === 0)) continue;
    const best = found && figureOf(found, isScore);
    if (best === null || (isScore ? figure < best : figure > best)) found = cell;
  }
  return found;
}
