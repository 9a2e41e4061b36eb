export { type FallbackOptions, sseFallback } from './fallback.js';
