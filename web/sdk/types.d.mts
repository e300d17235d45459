export function coreTypes(): string;
export function reactTypes(): string;
