def build_gold(df, **kwargs):
    return df
