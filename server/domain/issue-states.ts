/** An issue is open, was resolved because its events were accepted after all, or was dismissed. */
export const issueStates = ['open', 'resolved', 'ignored'] as const;
export type IssueState = (typeof issueStates)[number];

/** How many events are grouped into issues, newest first. */
export const MOST_EVENTS = 1000;
