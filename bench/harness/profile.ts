import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type CallFrame = { readonly functionName: string; readonly url: string; readonly lineNumber: number };

/** The parts of a `.cpuprofile` that are read here; times in it are microseconds. */
export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
};

/** How long a function took, and which part of everything that is. */
export type FunctionTime = {
  readonly name: string;
  readonly where: string;
  readonly ms: number;
  readonly part: number;
};

/** The profiles in a directory. */
export function readProfiles(directory: string): CpuProfile[] {
  const files = readdirSync(directory).filter(file => file.endsWith('.cpuprofile'));
  return files.map(file => JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile);
}

/** Self times over all of `profiles`, the longest first. Native functions without a name are told apart by their callers. */
export function selfTimes(profiles: readonly CpuProfile[]): FunctionTime[] {
  const totals = new Map<string, { name: string; where: string; selfUs: number }>();
  let allUs = 0;
  for (const profile of profiles) {
    const labels = labelsOf(profile);
    profile.samples?.forEach((id, i) => {
      const label = labels.get(id);
      if (label === undefined) return;
      // A sample stands for the time until the next one.
      const selfUs = profile.timeDeltas?.[i + 1] ?? 0;
      const key = `${label.name} ${label.where}`;
      const total = totals.get(key) ?? { ...label, selfUs: 0 };
      total.selfUs += selfUs;
      totals.set(key, total);
      allUs += selfUs;
    });
  }
  return [...totals.values()]
    .sort((a, b) => b.selfUs - a.selfUs)
    .map(({ name, where, selfUs }) => ({ name, where, ms: selfUs / 1000, part: selfUs / allUs }));
}

type Label = { readonly name: string; readonly where: string };

function labelsOf({ nodes }: CpuProfile): Map<number, Label> {
  const callers = new Map(nodes.flatMap(node => (node.children ?? []).map(child => [child, node.callFrame] as const)));
  return new Map(
    nodes.map(({ id, callFrame }): [number, Label] => {
      const caller = callers.get(id);
      if (callFrame.url !== '' || caller === undefined || callFrame.functionName.startsWith('(')) {
        return [id, labelOf(callFrame)];
      }
      const name = `native ${callFrame.functionName} in ${labelOf(caller).name}`;
      return [id, { name, where: labelOf(caller).where }];
    }),
  );
}

function labelOf({ functionName, url, lineNumber }: CallFrame): Label {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return { name, where: url === '' ? '' : `${shortened(url)}:${lineNumber + 1}` };
}

/** Times of functions with all that they called, recursion counted once; of packages of ours only. */
export function totalTimes(profiles: readonly CpuProfile[]): FunctionTime[] {
  const totals = new Map<string, { name: string; where: string; totalUs: number }>();
  let allUs = 0;
  for (const profile of profiles) {
    const labels = labelsOf(profile);
    const parents = new Map(
      profile.nodes.flatMap(({ id, children = [] }) => children.map(child => [child, id] as const)),
    );
    profile.samples?.forEach((sampled, i) => {
      const elapsedUs = profile.timeDeltas?.[i + 1] ?? 0;
      const counted = new Set<string>();
      allUs += elapsedUs;
      for (let id: number | undefined = sampled; id !== undefined; id = parents.get(id)) {
        const label = labels.get(id);
        if (label === undefined || !label.where.startsWith('packages/')) continue;
        const key = `${label.name} ${label.where}`;
        if (counted.has(key)) continue;
        counted.add(key);
        const total = totals.get(key) ?? { ...label, totalUs: 0 };
        total.totalUs += elapsedUs;
        totals.set(key, total);
      }
    });
  }
  return [...totals.values()]
    .sort((a, b) => b.totalUs - a.totalUs)
    .map(({ name, where, totalUs }) => ({ name, where, ms: totalUs / 1000, part: totalUs / allUs }));
}

/** Times as lines of text. */
export function formatTimes(times: readonly FunctionTime[], count: number): string {
  const shown = times.slice(0, count);
  return shown
    .map(({ name, where, ms, part }) => {
      const time = `${(part * 100).toFixed(1)} %`.padStart(8) + `${ms.toFixed(1)} ms`.padStart(12);
      return `${time}  ${name.padEnd(44)} ${where}`;
    })
    .join('\n');
}

function shortened(url: string): string {
  return url.replace(/^file:\/\//, '').replace(/^.*\/(packages|bench|node_modules)\//, '$1/');
}
