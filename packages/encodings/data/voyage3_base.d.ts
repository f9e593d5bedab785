/** The packed vocabulary voyage3_base in base64. */
export declare const data: string;
