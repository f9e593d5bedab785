export function compileKernels(entry: string, file: string, shared: boolean): Promise<void>;
