/** The packed vocabulary p50k_base in base64. */
export declare const data: string;
