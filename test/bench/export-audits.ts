import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Verdict, verifyExport } from '../../server/domain/audit/verify.ts';
import type { Db } from '../../server/platform/database/db.ts';
import { exportAudit } from '../../server/store/audit/audit-chain.ts';
import type { Shop } from '../../server/store/shops/shops.ts';

/** What the verifier says of each shop's whole audit log. @param folder where to keep the exports; null: nowhere */
export async function exportAudits(
  db: Db,
  shops: readonly Pick<Shop, 'id' | 'domain'>[],
  folder: string | null,
): Promise<{ shop: string; text: string; entries: number; verdict: Verdict }[]> {
  if (folder !== null) await mkdir(folder, { recursive: true });
  const audits = [];
  for (const shop of shops) {
    let text = '';
    for await (const part of exportAudit(db, shop, { from: null, to: null })) text += part;
    if (folder !== null) await writeFile(path.join(folder, `${shop.domain}.jsonl`), text);
    const verdict = verifyExport(text);
    audits.push({ shop: shop.domain, text, entries: verdict.ok ? verdict.last - verdict.first + 1 : 0, verdict });
  }
  return audits;
}
