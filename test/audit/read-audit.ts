import { z } from 'zod';

/** What `npm audit --json` prints if the registry answers (npm 7 and newer, report version 2). */
const report = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(
    z.string(),
    z.object({
      severity: z.string(),
      /** An advisory about the package itself, or the name of a package that brings one. */
      via: z.array(z.union([z.string(), z.object({ title: z.string(), url: z.string(), severity: z.string() })])),
      fixAvailable: z.union([z.boolean(), z.object({ name: z.string(), version: z.string() })]),
    }),
  ),
  metadata: z.object({ dependencies: z.object({ total: z.number() }) }),
});
/** What it prints if the registry doesn't. */
const failure = z.object({ message: z.string() });

type Audit =
  | {
      answered: true;
      packages: number;
      advisories: { name: string; severity: string; title: string; url: string; fix: string }[];
    }
  | { answered: false; why: string };

const fixOf = (available: boolean | { name: string; version: string }) =>
  typeof available === 'object' ? `${available.name} ${available.version}` : available ? 'npm audit fix' : 'none yet';

/**
 * Reads whatever `npm audit --json` printed. Lists each advisory once, with the package it is
 * about.
 */
export function readAudit(printed: string): Audit {
  const answer = report.safeParse(jsonOf(printed));
  if (!answer.success) {
    const said = failure.safeParse(jsonOf(printed));
    return { answered: false, why: said.success ? said.data.message : 'npm audit printed something else' };
  }
  const { vulnerabilities, metadata } = answer.data;
  const advisories = Object.entries(vulnerabilities).flatMap(([name, { via, fixAvailable }]) =>
    via.flatMap((one) => (typeof one === 'string' ? [] : [{ name, ...one, fix: fixOf(fixAvailable) }])),
  );
  return { answered: true, packages: metadata.dependencies.total, advisories };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The report in words, for what runs in production (`runs`) and for everything installed. */
export function describeAudit(runs: Audit, all: Audit): { text: string; bad: boolean } {
  if (!runs.answered || !all.answered) {
    const why = runs.answered ? (all.answered ? '' : all.why) : runs.why;
    return {
      text: `Nothing is known: the package registry does not answer questions about advisories (${why}).\n`,
      bad: false,
    };
  }
  const running = new Set(runs.advisories.map(({ name, url }) => `${name} ${url}`));
  const lines = all.advisories.map(({ name, severity, title, url, fix }) => {
    const where = running.has(`${name} ${url}`) ? 'runs in production' : 'only builds and tests';
    return `${severity}: ${name}, ${where}: ${title}. Fix: ${fix}. ${url}\n`;
  });
  const summary = `${all.packages} packages, ${runs.packages} of them run in production: ${all.advisories.length} advisories, ${runs.advisories.length} of them about what runs.\n`;
  return { text: lines.join('') + summary, bad: runs.advisories.length > 0 };
}
