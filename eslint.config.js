import js from '@eslint/js'
import stylistic from '@stylistic/eslint-plugin'
import jsdoc from 'eslint-plugin-jsdoc'
import perfectionist from 'eslint-plugin-perfectionist'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { purePackages } from './tools/floors.mjs'

/**
 * Source files that may read the clock, set timers, draw random numbers or talk to the process. All others are machines: time
 * and randomness come in as arguments.
 */
const outsideWorldFiles = [
  'packages/*/src/**/service.ts',
  'packages/core/src/clock.ts',
  'packages/core/src/random.ts',
  'packages/testing/src/virtual-clock.ts',
  'packages/simulator/src/settle.ts',
  'packages/transport/src/noise/encrypted-stream.ts',
  'packages/node/src/**',
  'packages/cli/src/**'
]

const source = ['packages/*/src/**/*.ts']
const tests = ['packages/*/test/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts']

const clockHint = 'Take the time as an argument (nowMs) or a Clock of @peerwright/core.'
const randomHint = 'Take a Random of @peerwright/core as an argument.'
const actionHint = 'Return an action and let service.ts do it.'

const outsideWorldGlobals = [
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate'].map(name => ({ name, message: clockHint })),
  { name: 'crypto', message: randomHint },
  ...['process', 'fetch', 'console'].map(name => ({ name, message: actionHint }))
]

const bufferGlobal = { name: 'Buffer', message: 'Pure packages run outside Node too: use Uint8Array.' }

export default defineConfig(
  globalIgnores(['**/dist/', 'coverage/', 'docs/api/', '.cache/', '**/node_modules/', 'tools/aegir/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  js.configs.recommended,
  stylistic.configs.customize({ semi: false, quotes: 'single', commaDangle: 'never', indent: 2, braceStyle: '1tbs', arrowParens: false }),
  {
    plugins: { perfectionist },
    rules: {
      '@stylistic/space-before-function-paren': ['error', 'always'],
      '@stylistic/max-statements-per-line': 'off',
      '@stylistic/multiline-ternary': 'off',
      '@stylistic/quote-props': ['error', 'as-needed'],
      '@stylistic/no-extra-semi': 'error',
      // Binary operators end a line, as in standard; the parts of a ternary begin one; a union of types may do either.
      '@stylistic/operator-linebreak': ['error', 'after', { overrides: { '?': 'before', ':': 'before', '|': 'ignore' } }],
      '@stylistic/arrow-parens': 'off',
      eqeqeq: 'error',
      'no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'perfectionist/sort-imports': ['error', {
        newlinesBetween: 'ignore',
        sortSideEffects: false,
        groups: ['builtin', 'external', ['parent', 'sibling', 'index']]
      }],
      'perfectionist/sort-named-imports': ['error', { ignoreAlias: true }]
    }
  },

  {
    files: [...source, ...tests],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // The compiler does these, or isolatedDeclarations wants the opposite (readonly code = 'ERR_X' as const).
      'no-undef': 'off',
      'no-unused-vars': 'off',
      '@typescript-eslint/prefer-as-const': 'off',
      // Noise on numbers, on methods handed over as they are, and on fields that the compiler believes unchanged by a call.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowNullish: false }],
      '@typescript-eslint/restrict-plus-operands': ['error', { allowNumberAndString: true }],
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidOperator: true }],
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/unified-signatures': 'off',

      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/strict-boolean-expressions': ['error', { allowNullableBoolean: false, allowNullableString: false, allowNumber: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-shadow': 'error'
    }
  },

  {
    files: source,
    plugins: { jsdoc },
    settings: { jsdoc: { mode: 'typescript' } },
    rules: {
      'jsdoc/require-jsdoc': ['error', {
        publicOnly: { esm: true, ancestorsOnly: true },
        require: { FunctionDeclaration: true, ClassDeclaration: true, MethodDefinition: false },
        contexts: ['TSInterfaceDeclaration', 'TSTypeAliasDeclaration', 'ExportNamedDeclaration > VariableDeclaration'],
        enableFixer: false
      }],
      // Whether @param names exist is TypeDoc's to say: it does not mind when the obvious ones are left out.
      'jsdoc/check-tag-names': ['error', { definedTags: ['packageDocumentation'] }],
      'jsdoc/no-types': 'error'
    }
  },
  {
    files: source,
    ignores: outsideWorldFiles,
    rules: {
      'no-restricted-globals': ['error', ...outsideWorldGlobals],
      'no-restricted-properties': ['error',
        { object: 'Math', property: 'random', message: randomHint },
        { object: 'AbortSignal', property: 'timeout', message: clockHint },
        ...['Date', 'performance', 'setTimeout', 'setInterval', 'process', 'fetch'].map(property => ({ object: 'globalThis', property, message: clockHint }))
      ]
    }
  },
  {
    files: purePackages.map(({ name }) => `packages/${name}/src/**/*.ts`),
    ignores: purePackages.flatMap(({ name, except }) => [...outsideWorldFiles, ...except.map(({ file }) => `packages/${name}/src/${file}`)]),
    rules: { 'no-restricted-globals': ['error', ...outsideWorldGlobals, bufferGlobal] }
  },

  {
    files: tests,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/strict-boolean-expressions': 'off',
      '@typescript-eslint/no-shadow': 'off'
    }
  },

  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(['console', 'performance', 'process', 'setTimeout', 'URL'].map(name => [name, 'readonly']))
    }
  }
)
