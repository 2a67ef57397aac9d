import { call } from './api.ts';
import { appBridge, type Vital, type VitalsReport } from './app-bridge.ts';

const vitalsOf = (report: VitalsReport | Vital) => ('metrics' in report ? report.metrics : [report]);

/**
 * Reports how fast the pages were, as App Bridge measured it
 * (https://shopify.dev/docs/api/app-home/apis/device-and-platform-integration/web-vitals-api):
 * names and numbers, without Shopify's ids. The merchant needn't know about a lost report.
 */
export function reportVitals(): void {
  const report = async (measured: VitalsReport | Vital) => {
    const metrics = vitalsOf(measured).map(({ name, value }) => ({ name, value }));
    await call('POST', '/web-vitals', { body: { metrics } }).catch(() => {});
  };
  void appBridge()
    ?.webVitals?.onReport((measured) => void report(measured))
    .catch(() => {});
}
