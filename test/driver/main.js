/** `npm run test:driver`: lets the TypeScript beside it run on every Node that is supported, and starts it. */
import { register } from 'node:module';

register('./typescript.js', import.meta.url);
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
