import type { Instant } from '../domain/scalars.ts';
import type { AttemptClass } from '../domain/states.ts';

/**
 * What the pipeline reports to the metrics. Labels are statuses, classes and topic families: never
 * a shop, and nothing about a person.
 */
export type Measures = {
  /**
   * `POST /webhooks` was answered.
   * @param topic its family; `unknown` until the signature is verified
   */
  webhookAnswered(status: number, topic: string, ms: number): void;
  /** A webhook was answered with 200: committed now, or earlier. */
  webhookAcknowledged(topic: string, isNew: boolean): void;
  /** A batch was translated and committed. @param lagsMs since each event was received */
  eventsProcessed(lagsMs: readonly number[], ms: number): void;
  /** An event could not be translated and needs attention. */
  eventFailed(): void;
  /** An attempt ended. */
  attemptEnded(outcome: AttemptClass, ms: number): void;
  /** Ascent360 took a delivery. @param deliveryId a UUID v7, made when its event was translated */
  deliveryAccepted(deliveryId: string, now: Instant): void;
};
