import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { defineConfig, type Plugin } from 'vite';

/*
 * The boot script runs before anything is painted, so it is a classic script
 * in the head and not a module.  It gets a name with a hash like everything
 * else that is cached for long.
 */
function boot(): Plugin {
    const file = fileURLToPath(new URL('src/ui/boot.js', import.meta.url));
    const source = (): string => readFileSync(file, 'utf8');
    const hash = (): string =>
        createHash('sha256').update(source()).digest('hex').slice(0, 8);

    let serving = false;

    return {
        name: 'boot',

        configResolved(config) {
            serving = config.command === 'serve';
        },

        generateBundle() {
            this.emitFile({
                type: 'asset',
                fileName: `assets/boot-${hash()}.js`,
                source: source(),
            });
        },

        transformIndexHtml() {
            const src = serving
                ? '/src/ui/boot.js'
                : `./assets/boot-${hash()}.js`;

            return [
                { tag: 'script', attrs: { src }, injectTo: 'head-prepend' },
            ];
        },
    };
}

/* The server hands out NAME.br and NAME.gz where they lie beside NAME. */
function compressed(): Plugin {
    let out = '';

    return {
        name: 'compressed',
        apply: 'build',

        configResolved(config) {
            out = fileURLToPath(new URL(`${config.build.outDir}/`,
                `file://${config.root}/`));
        },

        closeBundle() {
            for (const name of readdirSync(out, { recursive: true })) {
                const file = join(out, String(name));

                if (/\.(js|css|html|svg|webmanifest)$/.test(file)
                    && statSync(file).isFile())
                {
                    const data = readFileSync(file);

                    writeFileSync(`${file}.gz`, gzipSync(data, { level: 9 }));
                    writeFileSync(`${file}.br`, brotliCompressSync(data));
                }
            }
        },
    };
}

export default defineConfig({
    base: './',

    plugins: [boot(), compressed()],

    esbuild: {
        jsx: 'automatic',
        jsxImportSource: 'preact',
        legalComments: 'none',
    },

    build: {
        outDir: process.env['OUT_DIR'] ?? '../build/html',
        emptyOutDir: true,
        target: 'es2022',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: true,
    },

    test: {
        include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
    },
} as Parameters<typeof defineConfig>[0]);
