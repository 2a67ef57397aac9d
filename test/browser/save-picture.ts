import { writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';

/** Out of 1; above this, letters have no colour fringes. */
const QUALITY = 0.8;

/**
 * Writes a picture as WebP, a third of the size of PNG: the browser itself encodes it.
 * @param png as `page.screenshot` returns it
 * @param file ends in `.webp`
 */
export async function savePicture(browser: Browser, png: Buffer, file: string): Promise<void> {
  const page = await browser.newPage();
  try {
    const encoded = await page.evaluate(
      async ({ url, quality }) => {
        const picture = new Image();
        picture.src = url;
        await picture.decode();
        const canvas = document.createElement('canvas');
        canvas.width = picture.naturalWidth;
        canvas.height = picture.naturalHeight;
        canvas.getContext('2d')?.drawImage(picture, 0, 0);
        return canvas.toDataURL('image/webp', quality);
      },
      { url: `data:image/png;base64,${png.toString('base64')}`, quality: QUALITY },
    );
    const [kind, data = ''] = encoded.split(',');
    if (kind !== 'data:image/webp;base64') throw new Error(`The browser cannot encode ${file}`);
    await writeFile(file, Buffer.from(data, 'base64'));
  } finally {
    await page.close();
  }
}
