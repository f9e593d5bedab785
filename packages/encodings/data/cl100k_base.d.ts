/** The packed vocabulary cl100k_base in base64. */
export declare const data: string;
