/** The packed vocabulary o200k_base in base64. */
export declare const data: string;
