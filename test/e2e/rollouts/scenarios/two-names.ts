import { expect } from 'chai';
import { ANNOTATION_WAKE, LABEL_PLUGIN, pluginLabel } from '../../../../crds/v1alpha1/labels.ts';
import {
  allMeasurements,
  analysis,
  analysisTemplate,
  canary,
  METRIC,
  metric,
  SECOND_PLUGIN_NAME,
  setWeight,
} from '../../../lab/rollouts/objects.ts';
import { PLUGIN_NAMES } from '../../../lab/system.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

const PATIENT = { observation: { waitSeconds: 60 } };
/** When the plugin wakes a measurement again that is still not finished, milliseconds after the first time. */
const REPEATS_MS = [2_000, 10_000, 60_000];

/** One executable that the controller starts once for each name. */
export function twoNames(scenario: AddScenario): void {
  scenario('wakes each of two metrics once, and each has one analysis', async (workload) => {
    const events = workload.watchAnalysisRuns();
    const { namespace } = workload;
    await workload.environment.lab.apply(
      analysisTemplate(
        { namespace, name: 'check' },
        metric(PATIENT),
        metric(PATIENT, {}, { name: 'second', pluginName: SECOND_PLUGIN_NAME }),
      ),
    );
    await workload.deploy(canary([setWeight(34), analysis('check')]));
    workload.sendTraffic();
    await workload.ship({ version: 'v2' });
    await workload.untilPhase('Healthy');

    expect(await workload.environment.pluginPids()).to.have.lengthOf(2);
    const runs = await workload.analysisRuns();
    expect(runs).to.have.lengthOf(1);
    expect(runs.flatMap(allMeasurements).map(({ phase }) => phase)).to.deep.equal([
      'Successful',
      'Successful',
    ]);
    const analyses = await workload.analyses();
    expect(
      Object.fromEntries(
        analyses.map(({ metadata, spec }) => [spec.measurement?.metric, metadata.labels?.[LABEL_PLUGIN]]),
      ),
    ).to.deep.equal({ [METRIC]: pluginLabel(PLUGIN_NAMES[0]), second: pluginLabel(SECOND_PLUGIN_NAME) });
    expect(analyses).to.have.lengthOf(2);
    for (const { metadata } of analyses) {
      const { wakes, repeats } = wakesOf(events, `${namespace}/${metadata.name}`);
      expect(wakes, metadata.name).to.be.within(1, 1 + repeats);
    }
  });
}

/** How often an analysis' measurement was woken, and how often it was due again because Argo Rollouts had not finished it. */
function wakesOf(events: ReturnType<ScenarioWorkload['watchAnalysisRuns']>, key: string) {
  const values = new Set<string>();
  let wokenAt: number | undefined;
  let finishedAt: number | undefined;
  for (const { at, run } of events) {
    const value = run.metadata.annotations?.[ANNOTATION_WAKE];
    if (value?.endsWith(` ${key}`)) {
      values.add(value);
      wokenAt ??= at;
    }
    const own = allMeasurements(run).find(({ metadata }) => metadata?.['canaryAnalysis'] === key);
    if (own?.finishedAt !== undefined) finishedAt ??= at;
  }
  if (wokenAt === undefined || finishedAt === undefined) throw new Error(`${key} was not woken and finished`);
  const took = finishedAt - wokenAt;
  return { wakes: values.size, repeats: REPEATS_MS.filter((due) => due <= took).length };
}
