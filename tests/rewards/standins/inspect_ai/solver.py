def generate():
    return "generate"
