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

/** How long a function was on top of the stack. */
export type SelfTime = {
  readonly name: string;
  readonly where: string;
  readonly selfMs: number;
  readonly part: number;
};

/** The profiles in a directory. */
export function readProfiles(directory: string): CpuProfile[] {
  const files = readdirSync(directory).filter(file => file.endsWith('.cpuprofile'));
  return files.map(file => JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile);
}

/** Self times over all of `profiles`, the longest first. Native functions without a name are told apart by their callers. */
export function selfTimes(profiles: readonly CpuProfile[]): SelfTime[] {
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
    .map(({ name, where, selfUs }) => ({ name, where, selfMs: selfUs / 1000, part: selfUs / allUs }));
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

/** Self times as lines of text. */
export function formatSelfTimes(times: readonly SelfTime[], count: number): string {
  const shown = times.slice(0, count);
  return shown
    .map(({ name, where, selfMs, part }) => {
      const time = `${(part * 100).toFixed(1)} %`.padStart(8) + `${selfMs.toFixed(1)} ms`.padStart(12);
      return `${time}  ${name.padEnd(44)} ${where}`;
    })
    .join('\n');
}

function shortened(url: string): string {
  return url.replace(/^file:\/\//, '').replace(/^.*\/(packages|bench|node_modules)\//, '$1/');
}
