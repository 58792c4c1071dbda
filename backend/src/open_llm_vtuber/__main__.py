"""`python -m open_llm_vtuber` is `open-llm-vtuber`."""

from open_llm_vtuber.cli import main

if __name__ == "__main__":
    main()
